// The three directions of cudnn.hpp: forward, gradient of the filter, gradient of the bottom.
#ifndef PYCAFFE_EXT_CUDNN_ALGORITHMS_HPP_
#define PYCAFFE_EXT_CUDNN_ALGORITHMS_HPP_

namespace pycaffe_ext {

inline cudnnStatus_t forward_workspace(cudnnHandle_t handle, cudnnTensorDescriptor_t bottom,
                                       cudnnFilterDescriptor_t filter, cudnnConvolutionDescriptor_t convolution,
                                       cudnnTensorDescriptor_t top, cudnnConvolutionFwdAlgo_t algorithm,
                                       std::size_t* bytes) {
  return workspace(
      shape_of(bottom, filter, convolution, top), algorithm,
      [&](cudnnConvolutionFwdAlgo_t one, std::size_t* its) {
        return cudnnGetConvolutionForwardWorkspaceSize(handle, bottom, filter, convolution, top, one, its);
      },
      bytes);
}

inline cudnnStatus_t filter_workspace(cudnnHandle_t handle, cudnnTensorDescriptor_t bottom,
                                      cudnnTensorDescriptor_t top, cudnnConvolutionDescriptor_t convolution,
                                      cudnnFilterDescriptor_t filter, cudnnConvolutionBwdFilterAlgo_t algorithm,
                                      std::size_t* bytes) {
  return workspace(
      shape_of(bottom, filter, convolution, top), algorithm,
      [&](cudnnConvolutionBwdFilterAlgo_t one, std::size_t* its) {
        return cudnnGetConvolutionBackwardFilterWorkspaceSize(handle, bottom, top, convolution, filter, one, its);
      },
      bytes);
}

inline cudnnStatus_t data_workspace(cudnnHandle_t handle, cudnnFilterDescriptor_t filter, cudnnTensorDescriptor_t top,
                                    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t bottom,
                                    cudnnConvolutionBwdDataAlgo_t algorithm, std::size_t* bytes) {
  return workspace(
      shape_of(bottom, filter, convolution, top), algorithm,
      [&](cudnnConvolutionBwdDataAlgo_t one, std::size_t* its) {
        return cudnnGetConvolutionBackwardDataWorkspaceSize(handle, filter, top, convolution, bottom, one, its);
      },
      bytes);
}

}  // namespace pycaffe_ext

inline cudnnStatus_t cudnnGetConvolutionForwardAlgorithm(cudnnHandle_t handle, cudnnTensorDescriptor_t bottom,
                                                         cudnnFilterDescriptor_t filter,
                                                         cudnnConvolutionDescriptor_t convolution,
                                                         cudnnTensorDescriptor_t top, cudnnConvolutionFwdPreference_t,
                                                         std::size_t limit, cudnnConvolutionFwdAlgo_t* algorithm) {
  return pycaffe_ext::choose<cudnnConvolutionFwdAlgoPerf_t>(
      pycaffe_ext::shape_of(bottom, filter, convolution, top), limit, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM,
      [&](int count, int* found, cudnnConvolutionFwdAlgoPerf_t* results) {
        return cudnnGetConvolutionForwardAlgorithm_v7(handle, bottom, filter, convolution, top, count, found, results);
      },
      [&](cudnnConvolutionFwdAlgo_t one, std::size_t* bytes) {
        return cudnnGetConvolutionForwardWorkspaceSize(handle, bottom, filter, convolution, top, one, bytes);
      },
      algorithm);
}

inline cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm(
    cudnnHandle_t handle, cudnnTensorDescriptor_t bottom, cudnnTensorDescriptor_t top,
    cudnnConvolutionDescriptor_t convolution, cudnnFilterDescriptor_t filter, cudnnConvolutionBwdFilterPreference_t,
    std::size_t limit, cudnnConvolutionBwdFilterAlgo_t* algorithm) {
  return pycaffe_ext::choose<cudnnConvolutionBwdFilterAlgoPerf_t>(
      pycaffe_ext::shape_of(bottom, filter, convolution, top), limit, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0,
      [&](int count, int* found, cudnnConvolutionBwdFilterAlgoPerf_t* results) {
        return cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, bottom, top, convolution, filter, count, found,
                                                             results);
      },
      [&](cudnnConvolutionBwdFilterAlgo_t one, std::size_t* bytes) {
        return cudnnGetConvolutionBackwardFilterWorkspaceSize(handle, bottom, top, convolution, filter, one, bytes);
      },
      algorithm);
}

inline cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm(
    cudnnHandle_t handle, cudnnFilterDescriptor_t filter, cudnnTensorDescriptor_t top,
    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t bottom, cudnnConvolutionBwdDataPreference_t,
    std::size_t limit, cudnnConvolutionBwdDataAlgo_t* algorithm) {
  return pycaffe_ext::choose<cudnnConvolutionBwdDataAlgoPerf_t>(
      pycaffe_ext::shape_of(bottom, filter, convolution, top), limit, CUDNN_CONVOLUTION_BWD_DATA_ALGO_0,
      [&](int count, int* found, cudnnConvolutionBwdDataAlgoPerf_t* results) {
        return cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, filter, top, convolution, bottom, count, found,
                                                           results);
      },
      [&](cudnnConvolutionBwdDataAlgo_t one, std::size_t* bytes) {
        return cudnnGetConvolutionBackwardDataWorkspaceSize(handle, filter, top, convolution, bottom, one, bytes);
      },
      algorithm);
}

#define cudnnGetConvolutionForwardWorkspaceSize pycaffe_ext::forward_workspace
#define cudnnGetConvolutionBackwardFilterWorkspaceSize pycaffe_ext::filter_workspace
#define cudnnGetConvolutionBackwardDataWorkspaceSize pycaffe_ext::data_workspace

#endif
