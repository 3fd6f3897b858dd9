/** Where an embedded server is reached: over its socket, or over TCP where the socket's path would be too long. */
export function embeddedUrl(at: { password: string; port: number; socketFolder?: string }): string {
  const { password, port, socketFolder } = at;
  return socketFolder
    ? `postgresql://steading:${password}@/steading?host=${encodeURIComponent(socketFolder)}&port=${port}`
    : `postgresql://steading:${password}@127.0.0.1:${port}/steading`;
}
