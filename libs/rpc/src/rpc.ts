import type { DescService } from '@bufbuild/protobuf';
import type { Client, ServiceImpl } from '@connectrpc/connect';

/** How one service asks another. Where the other runs is not the asker's concern. */
export interface RpcClients {
  /**
   * A client of a contract. Calls go in memory where the service is in this process, else by Connect over HTTP/2.
   * @param service who is asked, for contracts that several services offer; default: the one that offers it.
   */
  client<S extends DescService>(contract: S, service?: string): Client<S>;
}

/** A contract with the code behind it, as a service offers it. */
export interface RpcImplementation {
  readonly contract: DescService;
  readonly methods: Partial<ServiceImpl<DescService>>;
}

export function implement<S extends DescService>(contract: S, methods: ServiceImpl<S>): RpcImplementation {
  return { contract, methods: methods as unknown as Partial<ServiceImpl<DescService>> };
}
