import asyncio
import contextlib
import signal

clients: set[asyncio.StreamWriter] = set()


async def broadcast(message: bytes, *, but: asyncio.StreamWriter | None = None) -> None:
    for client in clients - {but}:
        with contextlib.suppress(ConnectionError):
            client.write(message)
            await client.drain()


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    host, port, *_ = writer.get_extra_info("peername")
    name = f"{host}:{port}"
    clients.add(writer)
    try:
        async for line in reader:
            match line.decode(errors="replace").split():
                case []:
                    continue
                case ["/name", new_name]:
                    await broadcast(f"{name} is now {new_name}\n".encode())
                    name = new_name
                case ["/quit"] | ["/exit"]:
                    break
                case [command, *_] if command.startswith("/"):
                    writer.write(b"commands: /name NAME, /quit\n")
                case words:
                    await broadcast(f"<{name}> {' '.join(words)}\n".encode(), but=writer)
    finally:
        clients.discard(writer)
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(handle, "127.0.0.1", 8888)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main())
