package dev.millrace.ip;

/// A hash table of fixed width whose entries hold its links themselves: entering and removing takes no memory, so that it
/// cannot fail half-way. Not safe for several threads.
///
/// @param <N> the entries
final class HashChains<N extends HashChains.Node<N>> {
    /// An entry; it is in one table at most.
    abstract static class Node<N extends Node<N>> {
        final long hash;
        N nextInChain;

        /// @param hash what the entry is found by, drawn with a secret
        Node(long hash) {
            this.hash = hash;
        }
    }

    private final N[] heads;

    /// @param width the number of chains, a power of two
    @SuppressWarnings("unchecked")
    HashChains(int width) {
        heads = (N[]) new Node<?>[width];
    }

    /// The first of the entries that may have this hash; the others follow by `nextInChain`.
    N first(long hash) {
        return heads[place(hash)];
    }

    void add(N node) {
        int place = place(node.hash);
        node.nextInChain = heads[place];
        heads[place] = node;
    }

    /// Removes an entry, which is in the table.
    void remove(N node) {
        int place = place(node.hash);
        N before = null;
        for (N n = heads[place]; n != node; n = n.nextInChain) {
            before = n;
        }
        if (before == null) {
            heads[place] = node.nextInChain;
        } else {
            before.nextInChain = node.nextInChain;
        }
        node.nextInChain = null;
    }

    private int place(long hash) {
        return (int) (hash >>> 16) & heads.length - 1;
    }
}
