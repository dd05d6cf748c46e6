/// Rules for every text file, whatever its language.
enum TextRules {
    static func findings(in file: RepositoryFile) -> [Finding] {
        file.lines.enumerated().flatMap { number, line -> [Finding] in
            var messages = machineFolders.filter { line.contains($0) }.map { "names a folder of one machine: \($0)" }
            messages += marks.filter { has($0, in: line) }.map { "\($0): do it, or write it down elsewhere" }
            messages += trackerWords.filter { has($0, in: line) }.map { "`\($0)`: say what it is about instead" }
            if let number = issueNumber(line) { messages.append("\(number): say what it is about instead") }
            return messages.map { Finding(path: file.path, line: number + 1, message: $0) }
        }
    }

    static func longLines(in file: RepositoryFile, over limit: Int) -> [Finding] {
        guard file.isSwift else { return [] }
        return file.lines.enumerated().filter { $0.element.count > limit }.map { number, line in
            Finding(path: file.path, line: number + 1, message: "has \(line.count) characters, over \(limit)")
        }
    }

    // Put together here, so that this file does not break its own rules.
    private static let machineFolders = ["work", "root", "opt", "Users"].map { "/" + $0 + "/" }
    private static let marks = ["FIX" + "ME", "TO" + "DO", "XX" + "X"]
    private static let trackerWords = ["ji" + "ra", "tick" + "et", "spri" + "nt", "back" + "log", "kan" + "ban"]

    /// As a word of its own.
    private static func has(_ word: String, in line: Substring) -> Bool {
        line.contains(word) && line.split { !$0.isLetter && !$0.isNumber }.contains { $0 == word }
    }

    /// `#` and digits, at the start of a word: the number of an issue.
    private static func issueNumber(_ line: Substring) -> Substring? {
        guard line.contains("#") else { return nil }
        return line.split(separator: " ").lazy.compactMap { word -> Substring? in
            let word = word.drop { $0 == "(" }
            let digits = word.dropFirst().prefix { $0.isNumber }
            let isEnd = word.dropFirst(1 + digits.count).allSatisfy { ".,;:)".contains($0) }
            return word.first == "#" && !digits.isEmpty && isEnd ? word.prefix(1 + digits.count) : nil
        }.first
    }
}
