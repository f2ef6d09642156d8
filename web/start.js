// Starts the shell. The names of its files have hashes in them and stand on this script's own element.
{
  const { shell, wasm } = document.currentScript.dataset;
  import(shell).then(({ default: init }) => init({ module_or_path: wasm }));
}
