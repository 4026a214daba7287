/// A bank and those who pay.
module acme.bank {
    requires dev.millrace;

    exports acme.bank;
}
