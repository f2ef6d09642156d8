module.exports = {
  title: "Team handbook",
  url: "https://handbook.example",
  baseUrl: "/",
  scripts: ["/concertina/embed.js"],
  presets: [["classic", { docs: { routeBasePath: "/" }, blog: false }]],
};
