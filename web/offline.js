// Keeps the page for when there is no network. Not where it stands in another page: that one has not asked
// for it. Where a browser refuses (a file, a private window), the page works as it did.
if ("serviceWorker" in navigator && location.protocol.startsWith("http") && window === window.parent) {
  addEventListener("load", () => navigator.serviceWorker.register("./sw.js").catch(() => {}));
}
