/// What drivers of links on Linux share: the system calls ([Libc]), the thread that reads a queue ([QueueReader]), what happens
/// to an interface ([LinkWatch]), the end of descriptors that several threads use ([DescriptorUse]), and the header with which
/// super-segments cross ([VnetHeader]).
///
/// This package is for Millrace's own link drivers. It may change with any version, in any way.
package dev.millrace.linux;
