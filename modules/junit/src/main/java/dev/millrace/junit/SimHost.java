package dev.millrace.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Makes a field or a parameter of type [dev.millrace.internet.Host] a host of the test's Internet.
@Target({ElementType.FIELD, ElementType.PARAMETER})
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface SimHost {
    /// Its addresses. If none is given, it has one of each version from the test's block of 198.18.0.0/15 and fd00::/8.
    String[] value() default {};

    /// Its name; that of the field or parameter if nothing is said.
    String name() default "";
}
