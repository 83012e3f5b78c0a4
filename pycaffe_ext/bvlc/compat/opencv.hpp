// OpenCV 4 keeps the C constants in headers of their own, OpenCV 5 has none; the numbers are the same throughout.
#ifndef PYCAFFE_EXT_OPENCV_HPP_
#define PYCAFFE_EXT_OPENCV_HPP_

#define CV_LOAD_IMAGE_GRAYSCALE 0
#define CV_LOAD_IMAGE_COLOR 1

#endif
