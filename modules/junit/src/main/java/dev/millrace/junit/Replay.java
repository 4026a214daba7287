package dev.millrace.junit;

/// What to give to a build so that it runs one test again.
final class Replay {
    private Replay() {
    }

    /// The name by which Surefire finds a test: that of the class without its package, those around it included.
    static String name(String className, String method) {
        return className.substring(className.lastIndexOf('.') + 1) + "#" + method;
    }

    /// @param test a [#name]
    /// @param script the file of a script, or `null`
    static String arguments(String test, long seed, String script) {
        return quoted("-Dtest=" + plain(test)) + " -Dmillrace.seed=" + seed
                + (script == null ? "" : " " + quoted("-Dmillrace.script=" + script));
    }

    /// Names of methods may be sentences in other languages than Java, and to Surefire a comma begins the next test, and so on: it
    /// takes a question mark for any one character.
    private static String plain(String test) {
        return test.replaceAll("[,+*!%|]", "?");
    }

    /// Nested classes have a $ in their names, which shells take for their own.
    private static String quoted(String argument) {
        return argument.matches("[A-Za-z0-9_./:=#@%+,-]*") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }
}
