// Defines <concertina-plan> and <concertina-sim>: a plan, and a run of it, in any page.
//   <script src="https://…/embed.js" async></script>
//   <concertina-plan example="rename_column" step="2.2"><a href="…">The plan</a></concertina-plan>
// Each is an iframe of the page beside this script, loaded when it comes near the window, as high as what
// it shows. What stands inside the element is for readers without scripts.
(() => {
  if (!document.currentScript) throw new Error("embed.js is a plain script: load it without type=module");
  const home = new URL("./", document.currentScript.src);
  const names = ["example", "step", "theme", "controls"];
  const elements = new Set();

  class Embed extends HTMLElement {
    static observedAttributes = ["link", "height", ...names];

    connectedCallback() {
      elements.add(this);
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      this.style.display ||= "block";
      this.frame = document.createElement("iframe");
      Object.assign(this.frame, { title: this.constructor.title, loading: "lazy", allow: "clipboard-write" });
      this.frame.style.cssText = "width:100%;border:0;display:block";
      root.replaceChildren(this.frame);
      this.show();
    }

    disconnectedCallback() {
      elements.delete(this);
      this.frame = null;
    }

    attributeChangedCallback(_, before, after) {
      if (this.frame && before !== after) this.show();
    }

    show() {
      const address = new URL(home);
      address.searchParams.set("embed", this.constructor.what);
      for (const name of names) {
        if (this.hasAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
      }
      // A whole link will do, and what stands behind its # as well.
      address.hash = (this.getAttribute("link") ?? "").split("#").pop();
      this.frame.style.height = `${Number.parseInt(this.getAttribute("height"), 10) || 480}px`;
      this.frame.src = address;
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
