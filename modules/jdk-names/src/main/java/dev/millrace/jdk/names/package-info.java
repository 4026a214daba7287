/// Names for a whole JVM.
package dev.millrace.jdk.names;
