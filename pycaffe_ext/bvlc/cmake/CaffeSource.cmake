# Where Caffe's source comes from: always commit 99bd997, by its git name or by the tarball's sha256.

set(_commit 99bd99795dcdf0b1d3086a8d67ab1782a8a08383)
set(CAFFE_SHA256 e0eb3f06794f7402c77b7dec8e8480273ee1a1bb192e9122b621a69d4147ad0c CACHE STRING "Of the tarball")

if(CAFFE_SOURCE STREQUAL "git")
  set(SOURCE_SETTINGS GIT_REPOSITORY https://github.com/BVLC/caffe.git GIT_TAG ${_commit})
  return()
endif()

if(CAFFE_SOURCE MATCHES "^[a-z]+://")
  set(_places ${CAFFE_SOURCE})
else()
  get_filename_component(_places "${CAFFE_SOURCE}" ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  if(NOT EXISTS "${_places}")
    message(FATAL_ERROR "CAFFE_SOURCE=${CAFFE_SOURCE} is neither git, nor a URL, nor a file that exists\n")
  endif()
  file(SHA256 "${_places}" _sha256)
  if(NOT _sha256 STREQUAL CAFFE_SHA256)
    message(FATAL_ERROR "${_places} has sha256 ${_sha256}, expected ${CAFFE_SHA256} (Debian's tarball of Caffe at "
                        "99bd997); another tarball of that commit is taken with -DCAFFE_SHA256=${_sha256}\n")
  endif()
endif()
set(SOURCE_SETTINGS URL ${_places} URL_HASH SHA256=${CAFFE_SHA256} DOWNLOAD_EXTRACT_TIMESTAMP FALSE)
