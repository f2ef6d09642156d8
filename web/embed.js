// Defines <concertina-plan> and <concertina-sim>: a plan, and a run of it, in any page.
//   <script src="https://…/embed.js" async></script>
//   <concertina-plan example="rename_column" step="2.2"><a href="…">The plan</a></concertina-plan>
// Each is an iframe of the page beside this script, started when it comes near the window, as high as what
// it shows. What stands inside the element is for readers without scripts.
(() => {
  if (!document.currentScript) throw new Error("embed.js is a plain script: load it without type=module");
  const home = new URL("./", document.currentScript.src);
  const names = ["example", "step", "theme", "controls"];
  const elements = new Set();

  // A browser's own `loading="lazy"` starts what is several windows away.
  const near = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (isIntersecting) target.start();
    }
  }, { rootMargin: "50% 0px" });

  // The site's own styles come first: it may lay an element out as it likes.
  const style = new CSSStyleSheet();
  style.replaceSync(":host { display: block } iframe { width: 100%; border: 0; display: block }");

  class Embed extends HTMLElement {
    static observedAttributes = ["link", "height", ...names];

    connectedCallback() {
      elements.add(this);
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [style];
      this.frame = document.createElement("iframe");
      Object.assign(this.frame, { title: this.constructor.title, allow: "clipboard-write" });
      this.size();
      root.replaceChildren(this.frame);
      near.observe(this);
    }

    disconnectedCallback() {
      elements.delete(this);
      near.unobserve(this);
      this.frame = null;
    }

    attributeChangedCallback(name, before, after) {
      if (!this.frame || before === after) return;
      if (name === "height") this.size();
      else if (this.frame.src) this.start();
    }

    size() {
      this.frame.style.height = `${Number.parseInt(this.getAttribute("height"), 10) || 480}px`;
    }

    start() {
      near.unobserve(this);
      const address = new URL(home);
      address.searchParams.set("embed", this.constructor.what);
      for (const name of names) {
        if (this.hasAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
      }
      // A whole link will do, and what stands behind its # as well.
      address.hash = (this.getAttribute("link") ?? "").split("#").pop();
      // Not by `src`: each change of that would be a step back in the reader's history.
      if (this.frame.src) this.frame.contentWindow.location.replace(address);
      else this.frame.src = address;
    }
  }

  addEventListener("message", ({ source, data }) => {
    if (data?.type !== "embed-size" || !(data.height > 0)) return;
    for (const element of elements) {
      if (element.frame.contentWindow === source && !element.hasAttribute("height")) {
        element.frame.style.height = `${Math.ceil(data.height)}px`;
      }
    }
  });

  const kinds = { plan: "A migration plan, by Concertina", sim: "A run of a migration, by Concertina" };
  for (const [what, title] of Object.entries(kinds)) {
    const name = `concertina-${what}`;
    if (!customElements.get(name)) {
      customElements.define(name, class extends Embed { static what = what; static title = title; });
    }
  }
})();
