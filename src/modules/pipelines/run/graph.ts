import { entrypoint, task } from '@langchain/langgraph';

/**
 * Runs a graph of nodes. Calls `run` for each node as soon as its dependencies have settled; `run` wraps the work of
 * the node in a LangGraph task with `asTask`. Only this file uses LangGraph. It has no checkpointer, because the rows
 * of the steps are the source of truth.
 *
 * Nothing throws within the graph, because LangGraph rejects without waiting for tasks that are still running. The
 * first error is reported to `onError` immediately, and thrown when all nodes have settled.
 */
export async function runGraph<Node extends GraphNode>(
  nodes: readonly Node[],
  run: (node: Node, asTask: AsTask) => Promise<void>,
  onError: () => void,
): Promise<void> {
  const runs = new Map<string, Promise<void>>();
  let failure: { error: unknown } | null = null;
  const fail = (error: unknown): void => {
    failure ??= { error };
    onError();
  };
  const runOnce = (node: Node): Promise<void> => {
    const known = runs.get(node.key) ?? runAfterDependencies(node).catch(fail);
    runs.set(node.key, known);
    return known;
  };
  const runAfterDependencies = async (node: Node): Promise<void> => {
    await Promise.all(nodes.filter(({ key }) => node.dependsOn.includes(key)).map(runOnce));
    await run(node, async (work) => task({ name: node.key }, () => work().catch(fail))());
  };
  const graph = entrypoint(
    { name: 'run' },
    async (_input: string) => void (await Promise.all(nodes.map(runOnce))),
  );
  try {
    await graph.invoke('', { recursionLimit: RECURSION_LIMIT });
  } finally {
    await Promise.allSettled(runs.values());
  }
  if (failure) throw (failure as { error: unknown }).error;
}

/** The limit of LangGraph's supersteps. A design has at most 30 steps. */
const RECURSION_LIMIT = 200;

interface GraphNode {
  key: string;
  dependsOn: readonly string[];
}

export type AsTask = (work: () => Promise<void>) => Promise<void>;
