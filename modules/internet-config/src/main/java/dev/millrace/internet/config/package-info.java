/// Simulated Internets described by TOML files.
package dev.millrace.internet.config;
