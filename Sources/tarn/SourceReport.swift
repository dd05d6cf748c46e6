import ArgumentParser
import Base
import Capture
import Platform

/// Checks sources and prints what has to be mended, with the exact SQL.
enum SourceReport {
    /// - Throws: `ExitCode.failure` when a source cannot be mirrored as it is.
    static func check(_ sources: [SourceConfiguration], of composition: Composition) async throws {
        var isFine = true
        for source in sources {
            do throws(TarnError) {
                isFine = report(source, try await composition.check(source)) && isFine
                try await ProjectCatalog(composition.project).ask(source, composition)
            } catch {
                isFine = false
                Console.line("\(source.name): \(Console.style.error("cannot be checked"))")
                Console.complain(error)
            }
        }
        guard isFine else { throw ExitCode.failure }
    }

    private static func report(_ source: SourceConfiguration, _ problems: [SetupProblem]) -> Bool {
        let errors = problems.filter { !$0.isWarning }
        let verdict = errors.isEmpty ? Console.style.good("ready") : Console.style.error("not ready")
        Console.line("\(source.name): \(verdict)")
        for problem in errors + problems.filter(\.isWarning) {
            let kind = problem.isWarning ? Console.style.warning("warning") : Console.style.error("error")
            Console.line("  \(kind): \(problem.message)")
            for line in problem.remedy.split(separator: "\n") { Console.line("    \(line)") }
        }
        return errors.isEmpty
    }
}
