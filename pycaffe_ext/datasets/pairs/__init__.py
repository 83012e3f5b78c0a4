"""Images and their label maps read together, cut, turned and mirrored as one.

It needs Python 3.9, numpy, lmdb and cv2 alone, since real Caffe runs it too (pycaffe_ext.layers).
"""
