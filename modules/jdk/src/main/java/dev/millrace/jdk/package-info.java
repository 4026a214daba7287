/// Sockets of the JDK over a stack; begin at [StackSockets].
package dev.millrace.jdk;
