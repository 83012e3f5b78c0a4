# CUDA's toolkit, cuDNN and NCCL: finds them, and tells Caffe's own build where they are.

set(CUDA_SETTINGS "") # what ExternalProject hands over
set(CUDA_PTX_OF 0)
if(CPU_ONLY)
  return()
endif()

find_program(NVCC nvcc HINTS ${CUDA_TOOLKIT_ROOT_DIR}/bin $ENV{CUDA_PATH}/bin PATHS /usr/local/cuda/bin)
mark_as_advanced(NVCC)
if(NOT NVCC)
  message(FATAL_ERROR "There is no nvcc: install NVIDIA's CUDA toolkit (12 or 13) and put its bin folder on the PATH, "
                      "or name it with -DCUDA_TOOLKIT_ROOT_DIR=DIR, or build for the CPU with -DCPU_ONLY=ON\n")
endif()
execute_process(COMMAND ${NVCC} -v __no_such_file OUTPUT_VARIABLE _said ERROR_VARIABLE _said)
if(_said MATCHES "TOP=([^\r\n]*)")
  get_filename_component(CUDA_ROOT ${CMAKE_MATCH_1} REALPATH)
endif()
execute_process(COMMAND ${NVCC} --version OUTPUT_VARIABLE _said)
string(REGEX MATCH "release ([0-9.]+)" _ "${_said}")
set(CUDA_RELEASE ${CMAKE_MATCH_1})
message(STATUS "CUDA ${CUDA_RELEASE} in ${CUDA_ROOT}")

# cuda_finds(VARIABLE NAME HEADER LIBRARY HINT FOLDER...): the header's folder and the library
function(cuda_finds variable name header library hint)
  find_path(${variable}_INCLUDE ${header} HINTS ${ARGN} PATH_SUFFIXES include targets/x86_64-linux/include)
  find_library(${variable}_LIB ${library} HINTS ${ARGN} PATH_SUFFIXES lib lib64 targets/x86_64-linux/lib)
  mark_as_advanced(${variable}_INCLUDE ${variable}_LIB)
  if(NOT ${variable}_INCLUDE OR NOT ${variable}_LIB)
    message(FATAL_ERROR "${name} is missing (${header} and lib${library}.so): ${hint}\n")
  endif()
endfunction()

set(_toolkit "it is part of NVIDIA's CUDA toolkit ${CUDA_RELEASE}; docs/building.md shows how to join one from wheels")
cuda_finds(CUDA_CUDART "CUDA's runtime" cuda_runtime_api.h cudart "${_toolkit}" ${CUDA_ROOT})
cuda_finds(CUDA_CUBLAS "cuBLAS" cublas_v2.h cublas "${_toolkit}" ${CUDA_ROOT})
cuda_finds(CUDA_CURAND "cuRAND" curand.h curand "${_toolkit}" ${CUDA_ROOT})

# CUDA 13 has Thrust in a folder that nvcc knows and the C++ compiler does not
if(EXISTS ${CUDA_CUDART_INCLUDE}/cccl)
  set(CUDA_CXX_FLAGS "-isystem ${CUDA_CUDART_INCLUDE}/cccl")
endif()

# Which GPUs: real code for each that this nvcc knows from Pascal (6.0) on, PTX of the last for those to come.
# 6.2, 7.2, 8.7, 8.8, 10.1 and 11.0 are boards with an ARM processor.
set(_architectures ${CMAKE_CUDA_ARCHITECTURES})
if(NOT _architectures)
  execute_process(COMMAND ${NVCC} --list-gpu-code OUTPUT_VARIABLE _said)
  string(REGEX MATCHALL "sm_[0-9]+" _said "${_said}")
  foreach(_code ${_said})
    string(SUBSTRING ${_code} 3 -1 _number)
    if(_number GREATER_EQUAL 60 AND (NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64"
                                     OR NOT _number MATCHES "^(62|72|87|88|101|110)$"))
      list(APPEND _architectures ${_number})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES _architectures)
endif()
list(GET _architectures -1 CUDA_PTX_OF)
string(REPLACE ";" ", " CUDA_CODE_FOR "${_architectures}")
string(REPLACE ";" " " _architectures "${_architectures}")
message(STATUS "GPU architectures ${_architectures}, and PTX ${CUDA_PTX_OF}")

set(_flags -include;${BVLC}/compat/caffe_today.hpp;-std=c++17;-Wno-deprecated-gpu-targets;-w;-O3;-Xcompiler=-DNDEBUG)
list(APPEND CUDA_SETTINGS
     -DCUDA_TOOLKIT_ROOT_DIR:PATH=${CUDA_ROOT}
     -DCUDA_NVCC_EXECUTABLE:FILEPATH=${NVCC}
     -DCUDA_CUDART_LIBRARY:FILEPATH=${CUDA_CUDART_LIB}
     -DCUDA_cublas_LIBRARY:FILEPATH=${CUDA_CUBLAS_LIB}
     -DCUDA_curand_LIBRARY:FILEPATH=${CUDA_CURAND_LIB}
     -DCUDA_HOST_COMPILER:FILEPATH=${CMAKE_CXX_COMPILER}
     -DCUDA_PROPAGATE_HOST_FLAGS:BOOL=OFF # nvcc has a flag of its own for forced headers
     "-DCUDA_NVCC_FLAGS:STRING=${_flags}"
     -DCUDA_ARCH_NAME:STRING=Manual
     "-DCUDA_ARCH_BIN:STRING=${_architectures}"
     -DCUDA_ARCH_PTX:STRING=${CUDA_PTX_OF})

if(USE_CUDNN)
  cuda_finds(CUDNN_REAL "cuDNN" cudnn.h cudnn "-DCUDNN_ROOT=DIR names its folder, -DUSE_CUDNN=OFF does without"
             ${CUDNN_ROOT} ${CUDA_ROOT})
  file(STRINGS ${CUDNN_REAL_INCLUDE}/cudnn_version.h _said REGEX "define CUDNN_(MAJOR|MINOR|PATCHLEVEL) ")
  string(REGEX MATCHALL "[0-9]+" _said "${_said}")
  list(GET _said 0 _major)
  if(_major LESS 8)
    message(FATAL_ERROR "cuDNN ${_major} in ${CUDNN_REAL_INCLUDE}: 8 or later is needed\n")
  endif()
  string(REPLACE ";" "." CUDNN_RELEASE "${_said}")
  message(STATUS "cuDNN ${CUDNN_RELEASE} in ${CUDNN_REAL_INCLUDE}")
  # Caffe gets a cudnn.h that brings our part along, and that says the version itself, as before cuDNN 8: Caffe's
  # build looks for it there
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/cudnn/cudnn.h
       CONTENT "// define CUDNN_MAJOR @_major@\n#include \"@CUDNN_REAL_INCLUDE@/cudnn.h\"\n#include \"@BVLC@/compat/cudnn.hpp\"\n"
       @ONLY)
  list(APPEND CUDA_SETTINGS -DCUDNN_INCLUDE:PATH=${CMAKE_BINARY_DIR}/cudnn -DCUDNN_LIBRARY:FILEPATH=${CUDNN_REAL_LIB})
endif()

if(USE_NCCL)
  cuda_finds(NCCL_REAL "NCCL" nccl.h nccl "-DNCCL_ROOT=DIR names its folder, -DUSE_NCCL=OFF does without"
             ${NCCL_ROOT} ${CUDA_ROOT})
  file(STRINGS ${NCCL_REAL_INCLUDE}/nccl.h _said REGEX "define NCCL_(MAJOR|MINOR|PATCH) ")
  string(REGEX MATCHALL "[0-9]+" _said "${_said}")
  string(REPLACE ";" "." NCCL_RELEASE "${_said}")
  list(APPEND CUDA_SETTINGS -DNCCL_INCLUDE_DIR:PATH=${NCCL_REAL_INCLUDE} -DNCCL_LIBRARIES:FILEPATH=${NCCL_REAL_LIB})
endif()
