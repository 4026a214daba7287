/// What tests of networked code need: a wire that harms packets in virtual time, and a check that nothing leaks.
package dev.millrace.testkit;
