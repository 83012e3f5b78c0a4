"""Images and label maps into databases, and databases into batches.

Writing: a source (sources/) lists the entries and gives their content, arrangement.py says which are written and
in which order, a recipe (recipes.py) makes a sample of an entry, targets/ pack samples and write them, conversion.py
does that in parallel and in order, and making.py is a whole run: parts, resuming, and all in their place at the end.
Reading: databases.py opens LMDB or LevelDB, transform.py makes floats of an entry as Caffe does, batches.py
and prefetch.py hand out batches that were read ahead.
"""
