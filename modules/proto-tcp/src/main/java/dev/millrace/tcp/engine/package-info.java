/// The TCP engine: connections as plain objects without threads, locks, clocks or I/O (RFC 9293). Not exported.
///
/// What is public here is what the shell around it (`dev.millrace.tcp`) may use; the parts see one another only. The
/// package knows nothing of the shell, and of the JDK only memory and collections: a test reads its class files.
package dev.millrace.tcp.engine;
