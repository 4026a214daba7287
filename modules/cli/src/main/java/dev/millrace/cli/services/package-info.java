/// `millrace services`: the fixed services that measurements and outside clients use.
package dev.millrace.cli.services;
