#if canImport(Glibc)
    import Glibc
#endif

/// What the system tells of a file.
package struct FileStatus: Sendable {
    package let isRegular: Bool
    /// The rights, without the kind.
    package let rights: UInt32
    package let owner: UInt32
    package let group: UInt32
    package let size: Int64
    /// When its content changed last, in nanoseconds since 1970.
    package let modified: Int64

    /// Nil where there is none.
    ///
    /// - Parameter followsLinks: false: of a link, what it is itself.
    package init?(_ path: String, followsLinks: Bool = true) {
        var status = stat()
        guard unsafe (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        isRegular = status.st_mode & S_IFMT == S_IFREG
        rights = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }
}
