"""Images and label maps into databases, and databases into batches.

Writing: a source (sources/) lists the entries, a recipe (recipes.py) turns an entry into a value for each
database, conversion.py runs recipes in parallel and writes in key order (writer.py).
Reading: databases.py opens LMDB or LevelDB, transform.py makes floats of an entry as Caffe does, batches.py
and prefetch.py hand out batches that were read ahead.
"""
