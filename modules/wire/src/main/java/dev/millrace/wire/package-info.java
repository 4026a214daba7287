/// Headers and addresses: views over bytes that parse without allocating and write in place.
package dev.millrace.wire;
