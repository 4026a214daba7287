/// Tests on a simulated Internet with JUnit.
///
/// ```java
/// @VirtualInternet
/// @Link(from = "shop", to = "bank", delay = "40ms", loss = "1%", rate = "10Mbit/s", queue = 64)
/// class PaymentTest {
///   @SimHost Host shop;
///   @SimHost Host bank;
///
///   @Test void paysExactlyOnceWhenTheAnswerIsLost(Internet net) throws Exception {
///     bank.run(() -> new BankServer(bank.stack()).serve(443));
///     Program<Receipt> payment = shop.call(() -> new Checkout(shop.stack()).pay(bank.address(), 443));
///     try (Fault silent = net.drop("silent", p -> p.isFrom(bank) && p.hasPayload())) {
///       net.runFor(Duration.ofSeconds(3));
///     }
///     assertEquals(PAID_ONCE, payment.get().state());
///   }
/// }
/// ```
package dev.millrace.junit;
