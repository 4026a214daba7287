module consumer {
    requires dev.millrace;
}
