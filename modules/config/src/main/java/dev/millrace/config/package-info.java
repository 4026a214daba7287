/// Stacks described by TOML files; every error names file, line and key.
package dev.millrace.config;
