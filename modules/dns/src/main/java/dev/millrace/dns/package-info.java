/// DNS (RFC 1034, RFC 1035): messages, and a stub resolver over a stack.
package dev.millrace.dns;
