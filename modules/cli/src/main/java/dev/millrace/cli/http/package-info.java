/// HTTP over a stack's sockets: `millrace get` and `millrace serve`. The protocol itself is Apache HttpCore's.
package dev.millrace.cli.http;
