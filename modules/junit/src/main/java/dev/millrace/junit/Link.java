package dev.millrace.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Describes the path between two hosts of a test, in both directions unless [#oneWay] says otherwise. On a class, for all
/// its tests; on a method, for this one, and stronger.
///
/// Values are written as [dev.millrace.internet.LinkConditions] reads them; an empty one says nothing.
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
@Repeatable(Link.List.class)
public @interface Link {
    /// The name of one end.
    String from() default "";

    /// The name of the other.
    String to() default "";

    /// Whether only packets from `from` to `to` are meant.
    boolean oneWay() default false;

    /// How long packets take, such as `40ms`.
    String delay() default "";

    /// How much longer at most, at random, such as `5ms`.
    String jitter() default "";

    /// The share that is lost, such as `0.01` or `1%`.
    String loss() default "";

    /// Loss in bursts, such as `1% 25%`: the chances that a good line turns bad, and a bad one good, with each packet.
    String burstLoss() default "";

    /// The share that comes twice.
    String duplication() default "";

    /// The share of which a bit is wrong.
    String corruption() default "";

    /// The share that later ones overtake.
    String reordering() default "";

    /// Bits a second, such as `10Mbit/s`.
    String rate() default "";

    /// How many packets may wait for the line; 0 says nothing.
    int queue() default 0;

    /// Whether CoDel keeps the queue short.
    boolean codel() default false;

    /// Whether CoDel marks instead of dropping.
    boolean ecn() default false;

    /// The largest packet in bytes; 0 says nothing.
    int mtu() default 0;

    /// Several of them.
    @Target({ElementType.TYPE, ElementType.METHOD})
    @Retention(RetentionPolicy.RUNTIME)
    @Inherited
    @Documented
    @interface List {
        /// They.
        Link[] value();
    }
}
