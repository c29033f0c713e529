# The tag of C++ exceptions, which compiled code throws and catches by: one pointer.
	.tagtype	__cpp_exception i32
	.globl	__cpp_exception
__cpp_exception:
