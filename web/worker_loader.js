// Starts the engine inside its worker. A script of our own and not Trunk's `data-loader-shim`: that one calls
// wasm-bindgen in a deprecated way, and a failure in it would reach nobody.
// A query after this script's address is handed on, so that a new release can ask for its own files.
const release = self.location.search;
importScripts("./worker.js" + release);
wasm_bindgen({ module_or_path: "./worker_bg.wasm" + release }).catch((error) => {
  // A rejected promise stays inside the worker; an uncaught error fires `error` on the shell's Worker.
  setTimeout(() => { throw error; });
});
