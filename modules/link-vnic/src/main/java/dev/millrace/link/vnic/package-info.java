/// A virtual NIC: frames that a stack sends come to the program, and frames that the program injects come to the stack.
package dev.millrace.link.vnic;
