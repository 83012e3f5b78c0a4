// Included before every file of BVLC Caffe: lets its source of 2018, unchanged, compile with today's libraries.
// Each part is for one library and does nothing where that library still has what Caffe asks for.
#ifndef PYCAFFE_EXT_CAFFE_TODAY_HPP_
#define PYCAFFE_EXT_CAFFE_TODAY_HPP_

#ifdef __cplusplus
#include "opencv.hpp"
#include "protobuf.hpp"
#ifndef CPU_ONLY
#include "cuda.hpp"  // cudnn.hpp goes with cudnn.h: see CaffeCuda.cmake
#endif
#ifdef pycaffe_EXPORTS  // CMake sets it for pycaffe's C++ half alone
#include "numpy.hpp"
#endif
#endif

#endif
