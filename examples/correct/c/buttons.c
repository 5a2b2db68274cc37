/*
 * Driver for the four buttons of the front panel.
 */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define N_BUTTONS	4
#define DEBOUNCE_MS	20

struct panel {
	struct input_dev *input;
	int irq[N_BUTTONS];
	unsigned long last[N_BUTTONS];
};

static irqreturn_t panel_irq(int irq, void *data)
{
	struct panel *panel = data;
	int i;

	for (i = 0; i < N_BUTTONS; i++) {
		if (panel->irq[i] != irq)
			continue;
		if (time_before(jiffies, panel->last[i] + msecs_to_jiffies(DEBOUNCE_MS)))
			return IRQ_HANDLED;
		panel->last[i] = jiffies;
		input_report_key(panel->input, KEY_F1 + i, 1);
		input_sync(panel->input);
	}
	return IRQ_HANDLED;
}

static int panel_probe(struct platform_device *pdev)
{
	struct panel *panel;
	int ret, i;

	panel = devm_kzalloc(&pdev->dev, sizeof(*panel), GFP_KERNEL);
	if (!panel)
		return -ENOMEM;

	for (i = 0; i < N_BUTTONS; i++) {
		panel->irq[i] = platform_get_irq(pdev, i);
		if (panel->irq[i] < 0)
			return panel->irq[i];
		ret = devm_request_irq(&pdev->dev, panel->irq[i], panel_irq, 0,
				       dev_name(&pdev->dev), panel);
		if (ret)
			return ret;
	}
	platform_set_drvdata(pdev, panel);
	return 0;
}

static const struct of_device_id panel_of_match[] = {
	{ .compatible = "acme,front-panel" },
	{ }
};
MODULE_DEVICE_TABLE(of, panel_of_match);

static struct platform_driver panel_driver = {
	.probe = panel_probe,
	.driver = {
		.name = "acme-panel",
		.of_match_table = panel_of_match,
	},
};
module_platform_driver(panel_driver);

MODULE_LICENSE("GPL");
