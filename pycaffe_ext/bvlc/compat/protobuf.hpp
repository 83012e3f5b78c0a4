// protobuf 3.12 and later: CodedInputStream::SetTotalBytesLimit has lost the second number, at which it used to warn.
#ifndef PYCAFFE_EXT_PROTOBUF_HPP_
#define PYCAFFE_EXT_PROTOBUF_HPP_

#define SetTotalBytesLimit(limit, ...) SetTotalBytesLimit(limit)

#endif
