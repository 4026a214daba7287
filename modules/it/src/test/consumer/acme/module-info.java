/// A module of tests, as users have it: it requires the extension and nothing else of Millrace or JUnit.
module acme {
    requires dev.millrace.junit;

    opens acme to org.junit.platform.commons;
}
