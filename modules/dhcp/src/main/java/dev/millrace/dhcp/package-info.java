/// DHCP as programs see it: [dev.millrace.dhcp.Dhcp], which a stack offers as a service.
package dev.millrace.dhcp;
