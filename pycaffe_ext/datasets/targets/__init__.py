"""What is written of samples: LMDBs of Datums, HDF5 files, lists for ImageData."""
