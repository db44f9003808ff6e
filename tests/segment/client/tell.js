// Tells of everything that there is a call for, and prints what the library says went wrong.
const { Analytics } = require("@segment/analytics-node");

const [host, writeKey] = process.argv.slice(2);
const tell = new Analytics({ writeKey, host, path: "/v1/batch", maxEventsInBatch: 5, maxRetries: 0 });
tell.on("error", (error) => console.log(`${error.code}: ${error.reason}`));

tell.track({ anonymousId: "x1", event: "logged_in" });
tell.identify({
  userId: "anna",
  anonymousId: "x1",
  traits: { email: "anna@example.com", email_consent: true, shoe_size: 42, seen: new Date() },
});
tell.track({ userId: "anna", event: "signed_up" });
tell.track({ userId: "old-17", event: "project_created", properties: { kind: "website" } });
tell.alias({ userId: "anna", previousId: "old-17" });
tell.group({ userId: "anna", groupId: "acme", traits: { size: 40 } });
tell.page({ userId: "anna", category: "Shop", name: "Home" });
tell.screen({ userId: "anna", name: "Home" });
tell.track({
  userId: "anna",
  event: "payment_failed",
  properties: { invoice: "INV-1", amount: 12.5 },
  timestamp: new Date(Date.now() - 30 * 24 * 3600 * 1000),
});
tell.closeAndFlush({ timeout: 10000 });
