package dev.millrace.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Lets the seed choose troubles among the test's hosts: for searches over seeds, see [dev.millrace.internet.Chaos].
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
public @interface Troubles {
    /// How many times two hosts are cut off from each other.
    int cuts() default 0;

    /// How many times a host is cut off from all others.
    int isolations() default 0;

    /// They begin within so much time, such as `30s`.
    String within();

    /// How long each lasts at least.
    String shortest() default "1s";

    /// How long each lasts at most.
    String longest() default "10s";
}
