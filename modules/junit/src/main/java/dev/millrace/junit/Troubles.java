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

    /// How many times what one host sends does not reach another.
    int cutsOneWay() default 0;

    /// How many times a host crashes, and starts again; [dev.millrace.internet.Host#boot] says what it does then.
    int crashes() default 0;

    /// How many times a host's programs stand still for a while.
    int pauses() default 0;

    /// How many times a host's clock is wrong for a while.
    int clockJumps() default 0;

    /// How far it is wrong then, at most.
    String clockJump() default "10s";

    /// How many times a host's clock goes wrong for a while.
    int clockDrifts() default 0;

    /// How much faster or slower at most: 1e-3 is 1 ms each second.
    double clockDrift() default 1e-3;

    /// How many times packets between two hosts take longer for a while.
    int slowLinks() default 0;

    /// How much longer they take, and answers of a slow name server, at most.
    String slowBy() default "1s";

    /// How many times a TCP connection between two hosts is reset by somebody in between.
    int resets() default 0;

    /// How many times the name server fails, or denies that names exist.
    int nameFailures() default 0;

    /// How many times the name server is slow.
    int slowNames() default 0;

    /// How many times the name server gives names the addresses of other hosts.
    int wrongNames() default 0;

    /// They begin within so much time, such as `30s`.
    String within();

    /// How long each lasts at least.
    String shortest() default "1s";

    /// How long each lasts at most.
    String longest() default "10s";
}
