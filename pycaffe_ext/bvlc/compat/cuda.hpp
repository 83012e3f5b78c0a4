// CUDA 13: cudaDeviceProp has lost three fields that Caffe prints in its device query. They come back, read with
// cudaDeviceGetAttribute, in a struct that takes the old one's name.
#ifndef PYCAFFE_EXT_CUDA_HPP_
#define PYCAFFE_EXT_CUDA_HPP_

#if __has_include(<cuda_runtime_api.h>)
#include <cuda_runtime_api.h>

#if CUDART_VERSION >= 13000
namespace pycaffe_ext {

struct DeviceProp : ::cudaDeviceProp {
  int clockRate;  // kHz
  int deviceOverlap;
  int kernelExecTimeoutEnabled;
};

}  // namespace pycaffe_ext

inline cudaError_t cudaGetDeviceProperties(pycaffe_ext::DeviceProp* prop, int device) {
  cudaError_t status = cudaGetDeviceProperties(static_cast<::cudaDeviceProp*>(prop), device);
  if (status == cudaSuccess) {
    status = cudaDeviceGetAttribute(&prop->clockRate, cudaDevAttrClockRate, device);
  }
  if (status == cudaSuccess) {
    status = cudaDeviceGetAttribute(&prop->deviceOverlap, cudaDevAttrGpuOverlap, device);
  }
  if (status == cudaSuccess) {
    status = cudaDeviceGetAttribute(&prop->kernelExecTimeoutEnabled, cudaDevAttrKernelExecTimeout, device);
  }
  return status;
}

#define cudaDeviceProp pycaffe_ext::DeviceProp
#endif  // CUDART_VERSION

#endif  // __has_include
#endif
