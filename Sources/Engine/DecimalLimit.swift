/// 10 to the power of `digits`: the first number that a decimal of so many digits cannot hold.
func decimalLimit(_ digits: Int) -> Int128 {
    var result: Int128 = 1
    for _ in 0..<min(max(digits, 0), 38) { result *= 10 }
    return result
}
