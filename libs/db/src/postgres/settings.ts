/**
 * PostgreSQL for a small house: little memory at rest, everything synced to disk. Written to `steading.conf` at every
 * start; an operator's own lines go to `postgresql.conf`, which is left alone and read first.
 */
export function serverSettings(options: {
  socketFolder: string;
  port: number;
  overTcp: boolean;
  durable: boolean;
  maxConnections: number;
}): string {
  const durably = options.durable ? 'on' : 'off';
  const settings: Record<string, string | number> = {
    listen_addresses: options.overTcp ? "'127.0.0.1'" : "''",
    port: options.port,
    unix_socket_directories: options.overTcp ? "''" : `'${options.socketFolder}'`,
    unix_socket_permissions: '0700',
    max_connections: options.maxConnections,
    shared_buffers: "'24MB'",
    work_mem: "'4MB'",
    maintenance_work_mem: "'32MB'",
    temp_buffers: "'2MB'",
    wal_buffers: "'1MB'",
    min_wal_size: "'32MB'",
    max_wal_size: "'256MB'",
    wal_level: 'minimal',
    max_wal_senders: 0,
    checkpoint_timeout: "'15min'",
    checkpoint_completion_target: 0.9,
    fsync: durably,
    synchronous_commit: durably,
    full_page_writes: durably,
    jit: 'off',
    io_method: 'sync',
    max_worker_processes: 2,
    max_parallel_workers: 0,
    max_parallel_workers_per_gather: 0,
    max_logical_replication_workers: 0,
    autovacuum_max_workers: 1,
    autovacuum_naptime: "'5min'",
    bgwriter_delay: "'10s'",
    wal_writer_delay: "'2s'",
    huge_pages: 'off',
    dynamic_shared_memory_type: 'posix',
    timezone: "'UTC'",
    log_timezone: "'UTC'",
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    log_destination: "'stderr'",
    logging_collector: 'off',
    password_encryption: "'scram-sha-256'",
    tcp_keepalives_idle: 60,
  };
  return `${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n')}\n`;
}
