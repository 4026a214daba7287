/// What programs use: a [dev.millrace.Stack] and its sockets.
package dev.millrace;
