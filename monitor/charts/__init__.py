"""Charts as SVG: data in, drawing out. Knows neither the board nor the report; both draw with it."""
